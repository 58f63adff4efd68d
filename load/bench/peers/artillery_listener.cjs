// One connection of Artillery: each message is received, decoded, timed, and checked to be the next.
module.exports = {
  listen(context, events, done) {
    let last = 0;
    const delays = [];
    context.ws.on("message", (data) => {
      const number = Number(JSON.parse(data).data.text.slice(0, 8));
      if (number !== last + 1) events.emit("counter", "wrong", 1);
      last = number;
      delays.push(performance.now());
    });
    return done();
  },
};

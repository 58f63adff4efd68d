"""The live half of a load run: one event loop in one native thread per process, the sockets, the publisher."""

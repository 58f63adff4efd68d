"""The network between a browser and a target: a loopback proxy that watches every socket and can break it."""

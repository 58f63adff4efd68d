"""The oracle's memory: what a history says happened, and who must, may or must not have received each message."""

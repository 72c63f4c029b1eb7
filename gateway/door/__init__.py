"""The front door: who may come in, how often, with how much, and is there room."""

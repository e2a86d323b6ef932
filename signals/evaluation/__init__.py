"""How well the timing model and its neighbours do on people, devices and bots that no fit saw."""

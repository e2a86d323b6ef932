"""Is this a virtual machine, an emulator, a machine without a screen? One file a detector."""

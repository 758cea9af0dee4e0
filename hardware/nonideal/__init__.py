"""What is wrong with arrays: faults as data, devices drawn from them, and attention on a device."""

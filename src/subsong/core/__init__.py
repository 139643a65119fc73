"""What every room needs and what needs no room: configuration, registries, errors, files, seeds, devices."""

"""Plan, transfer, journal: from a checked dataset to objects in a bucket."""

"""Makes the network that the package ships: what it learns from, and how."""

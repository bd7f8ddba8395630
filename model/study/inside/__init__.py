"""What happens inside a model: its residual stream, its neurons, what it would say at each stop."""

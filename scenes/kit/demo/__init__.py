"""Sample pictures of all that the kit has, made of real numbers: `python -m scenes.kit.demo TensorGrid`."""

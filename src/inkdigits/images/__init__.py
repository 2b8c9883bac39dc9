"""From a picture to ink, lines, digits and 28x28 pixels; numpy, Pillow and SciPy only."""

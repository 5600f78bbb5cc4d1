"""Every figure of the book, one function each.

The functions take arrays, and where it makes sense the axes to draw on; they return the figure.
They never train, show or save anything, and import nothing else of the package.
"""

from dlbook.plotting.digits import class_probabilities, digits, layer_stack

__all__ = ["class_probabilities", "digits", "layer_stack"]

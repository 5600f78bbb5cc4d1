"""Settings of the kernels that run the pages; conf.py puts them in place."""

c = get_config()  # noqa: F821 - IPython defines it

# TensorFlow's C++ code reports on the machine (which GPU it did not find, say) by writing to the
# file descriptor of standard error. That goes to the terminal of whoever builds the book.
# What Python code writes to sys.stderr, warnings above all, is still caught.
c.IPKernelApp.capture_fd_output = False

# Figures stay sharp at every zoom, and carry no date; `matplotlibrc` settles their names.
c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.print_figure_kwargs = {"bbox_inches": "tight", "metadata": {"Date": None}}

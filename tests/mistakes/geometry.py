"""Typical mistakes in the marked exercises of the page; see `tests/marked.py`."""

# %% ex-geometry-centre
# Turns around the origin and then moves.
def turn_around(point, angle):
    return compose(translation(point), rotation(angle))


# %% ex-geometry-centre
# Goes there and back in the wrong order.
def turn_around(point, angle):
    there, and_back = translation(-np.array(point)), translation(point)
    return compose(there, compose(rotation(angle), and_back))


# %% ex-geometry-centre
# Does not come back.
def turn_around(point, angle):
    return compose(rotation(angle), translation(-np.array(point)))


# %% right: ex-geometry-centre
def turn_around(point, angle):
    matrix = rotation(angle).matrix
    return AffineMap(matrix, np.array(point) - matrix @ point)


# %% ex-geometry-inverse
# Moves back before undoing the matrix, with the vector as it is.
def inverse_of(move):
    return AffineMap(np.linalg.inv(move.matrix), -move.vector)


# %% ex-geometry-inverse
# Undoes a rotation only.
def inverse_of(move):
    return AffineMap(move.matrix.T, -move.matrix.T @ move.vector)


# %% ex-geometry-inverse
# Forgets the sign.
def inverse_of(move):
    inverse = np.linalg.inv(move.matrix)
    return AffineMap(inverse, inverse @ move.vector)


# %% right: ex-geometry-inverse
def inverse_of(move):
    columns = np.linalg.solve(move.matrix, np.eye(2))
    return AffineMap(columns, np.linalg.solve(move.matrix, -move.vector))

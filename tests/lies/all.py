"""All lies."""

from tests.lies import beside, computed, film, lens, neurons, painted, said, stream, typeset

ROOMS = (painted, beside, said, computed, film, typeset, stream, neurons, lens)
LIES = [lie for room in ROOMS for lie in room.LIES]

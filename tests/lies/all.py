"""All lies."""

from tests.lies import beside, computed, film, neurons, painted, said, stream, typeset

LIES = [*painted.LIES, *beside.LIES, *said.LIES, *computed.LIES, *film.LIES, *typeset.LIES, *stream.LIES, *neurons.LIES]

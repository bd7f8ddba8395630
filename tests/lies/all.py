"""All lies."""

from tests.lies import beside, computed, film, painted, pieces, said, stream, typeset

LIES = [*painted.LIES, *beside.LIES, *said.LIES, *computed.LIES, *film.LIES, *typeset.LIES, *stream.LIES, *pieces.LIES]

"""All lies."""

from tests.lies import beside, computed, film, painted, said

LIES = [*painted.LIES, *beside.LIES, *said.LIES, *computed.LIES, *film.LIES]

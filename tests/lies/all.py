"""All lies."""

from tests.lies import beside, computed, film, moving, painted, said, written

LIES = [*painted.LIES, *beside.LIES, *said.LIES, *computed.LIES, *film.LIES, *moving.LIES, *written.LIES]

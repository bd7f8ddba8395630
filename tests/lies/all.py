"""All lies."""

from tests.lies import beside, computed, painted, said

LIES = [*painted.LIES, *beside.LIES, *said.LIES, *computed.LIES]

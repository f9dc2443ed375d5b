"""What we say as plain STIX 2.1 for MISP, OpenCTI and others: notes, opinions, relationships, sightings; and what is lost on the way."""

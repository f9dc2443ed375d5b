"""Statements as plain STIX 2.1 for programs that know nothing of boards, threads and denials; what is lost is stated, kind by kind."""

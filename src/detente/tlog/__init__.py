"""A verifiable log as bytes and proofs: trees, tiles, signed notes, checkpoints, receipts, policies, witnesses.

Nothing here knows STIX, a disk, a network, a clock or dice: bytes, values and the time come in.
"""

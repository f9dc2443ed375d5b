"""Working together without showing one's hand: private intersection, proposals, the scope of a joint unit, anonymous submission."""

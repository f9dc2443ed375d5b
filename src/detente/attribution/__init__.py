"""Rival attributions side by side: boards, assessments, evidence, positions. Nothing here averages, decides or prefers."""

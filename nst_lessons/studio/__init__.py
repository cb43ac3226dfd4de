"""The Studio: sliders that steer a run while it goes on. Lesson 05."""

from nst_lessons.studio.studio import Studio

__all__ = ["Studio"]

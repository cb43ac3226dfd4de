"""The Studio: sliders that steer a running stylisation. Lesson 05."""

from nst_lessons.studio.studio import Studio

__all__ = ["Studio"]

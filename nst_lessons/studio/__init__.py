"""The Studio: sliders that steer a running stylisation (lesson 05), the brush for regions, and the camera (lessons 08, 09)."""

from importlib import import_module

from nst_lessons.studio.studio import Studio

__all__ = ["Camera", "Studio", "paint_mask"]
_LATER = {"Camera": "camera", "paint_mask": "brush"}  # imported at first use, since not every host has anywidget


def __getattr__(name: str) -> object:
    if name in _LATER:
        return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

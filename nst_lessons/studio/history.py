"""Writes the code that makes a Studio's picture again."""

import pprint
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent

import torch

from nst_lessons.objective import Weights
from nst_lessons.studio.beginnings import as_code
from nst_lessons.studio.uploads import plain_name


@dataclass
class Part:
    """One part of a run: its settings, its first weights, and each change of a weight with its step.

    begin: what the first part starts from, one of `BEGINNINGS`. The others start from the picture before, whatever it says.
    second: the style that goes where `mask`, (1, 3, H, W), is 1; its share of both.
    """

    content: str
    style: str
    schedule: list[tuple[int, int]]
    style_scale: float
    colours: str
    weights: Weights
    changes: dict[int, dict[str, object]] = field(default_factory=dict)  # {step: fields of Weights set after it}
    steps: int = 0  # taken so far
    second: str | None = None
    share: float = 0.5
    mask: torch.Tensor | None = None
    begin: str = "content"

    @property
    def styles(self) -> list[str]:
        """The style, or both."""
        return [self.style] if self.mask is None else [self.style, self.second]

    @property
    def title(self) -> str:
        """What is painted: "coffee in swirls and wave"."""
        return f"{plain_name(self.content)} in {' and '.join(map(plain_name, self.styles))}"

    def options(self) -> dict:
        """Return the settings as arguments of `transfer`, without content, styles, masks, weights and init."""
        options = {"schedule": self.schedule, "style_scale": self.style_scale, "colours": self.colours}
        return options if self.mask is None else {**options, "style_weights": [1 - self.share, self.share]}

    def masks(self) -> list[torch.Tensor] | None:
        """Return one mask per style, or None for a single style."""
        return None if self.mask is None else [1 - self.mask, self.mask]


def code(parts: list[Part], file_of: Callable[[torch.Tensor], Path] | None) -> str:
    """Return a cell's code that makes the picture at the end of `parts`; each part starts from the one before.

    file_of: returns the path of a mask's file, which the code reads; None if there are no masks.
    """
    lines = ["import nst_lessons as nst", ""]
    for number, part in enumerate(parts):
        options = [f"{name}={value!r}" for name, value in part.options().items() if value not in (1.0, "style")]
        if part.mask is not None:
            lines.append(f"mask = nst.load_image({file_of(part.mask).name!r})  # written beside the notebook")
            options.append("masks=[1 - mask, mask]")
        start, init = as_code(part.begin, part.content, part.style, part.schedule[-1][0])
        options += ["weights=weights", *(["init=step.image"] if number else init)]
        lines += [] if number else start
        lines.append(f"weights = nst.{part.weights!r}")
        if part.changes:
            lines += ["changes = " + pprint.pformat(part.changes, width=100)]
        styles = part.styles if part.second else part.style
        lines += [f"for step in nst.transfer({part.content!r}, {styles!r}, {', '.join(options)}):"]
        body = ["vars(weights).update(changes.get(step.index, {}))"] if part.changes else []
        body += [f"if step.index == {part.steps}:", "    break"]
        lines += [indent("\n".join(body), "    "), ""]
    return "\n".join(
        [*lines, 'nst.save_image(step.image, "painting.png")', 'nst.show({"painting": step.image}, "Painted again.")']
    )

"""The package's three-size energy against the benchmarks' judge, a network of stock modules."""

import pytest

import nst_lessons as nst
from nst_lessons import vgg_weights
from nst_lessons.images import to_pil
from nst_lessons.one_pass.quality import energies
from tests.benchmarks.energy import Judge


@pytest.mark.slow
def test_the_energy_is_that_of_the_judge_and_tells_a_painting_from_the_photo(vgg):
    photo, painting = nst.load_image("chelsea", 200), nst.load_image("swirls", 160)
    painted = nst.stylize(photo, painting, schedule=[(100, 15)], vgg=vgg).image
    found = energies([photo, painted], photo, painting, vgg)
    expected = Judge(vgg_weights.load(None)).energy(*(to_pil(one) for one in (painted, photo, painting)))
    assert found[1] == pytest.approx(expected, rel=1e-3) and found[1] < found[0] / 1.5

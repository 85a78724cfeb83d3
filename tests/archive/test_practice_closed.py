"""A lab that starts is in no incident of earlier labs: those are closed; incidents of the real AWS are left alone."""

import pytest

from runbook_lib.archive import journal
from runbook_lib.archive.incidents import close_practice, join, open_now
from runbook_lib.evidence.model import Target

TARGET = Target("c", "s", "eu-west-1", "123456789012")


@pytest.mark.parametrize(("lab", "open_after"), [(True, False), (False, True)])
def test_only_what_happened_on_the_lab_is_closed(tmp_path, lab, open_after):
    folder = join(tmp_path, TARGET, "", fault=True)
    journal.write(folder, "look", {"by": "diagnose", "evidence": {"lab": lab}})
    close_practice(tmp_path)
    assert (open_now(tmp_path, TARGET) is not None) is open_after


def test_an_archive_that_is_not_there_has_nothing_to_close(tmp_path):
    close_practice(tmp_path / "none")
    assert not (tmp_path / "none").exists()

"""00_start with somebody in front: a service chosen by list or typed, kept in files for the other notebooks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runbook_lib.guided.incident import Guided
from runbook_lib.parameters import Parameters, from_file, layered, parameters
from runbook_lib.report.widgets.form import MOST, matching
from tests.account_server import AccountServer
from tests.conftest import CLUSTER, SERVICE, given

SHOP = {"shop": ["api", "api-v2", "worker"], "empty": []}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """A user's folder, and no AWS configuration but what a test writes."""
    (tmp_path / "parameters").mkdir()
    monkeypatch.setenv("ECS_RUNBOOK_HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def account():
    with AccountServer(SHOP) as server:
        yield server


def asked(account: AccountServer, home: Path, **more: object) -> Parameters:
    reach = {"endpoint_url": account.endpoint_url, "credentials": "lab", "region": "eu-west-1"}
    return parameters({**reach, "lang": "en", "outputs": str(home / "outputs"), **more})


class Page:
    """The notebook as somebody sees and uses it."""

    def __init__(self, told: Parameters) -> None:
        self.guided = Guided(told, "start")
        self.here, self.widget = self.guided.here(), self.guided.services()
        self.past, self.saving, self.onward = self.guided.past(), self.guided.save(), self.guided.onward()
        self.form = self.guided._starting.form
        self.save = self.guided._starting.saving.action.button
        self.bar = self.guided._bar
        self.wait()

    def wait(self) -> None:
        self.guided.wait()

    def cluster(self, name: str) -> None:
        self.form.cluster.list.value = name
        self.wait()

    def service(self, name: str) -> None:
        self.form.service.list.value = name
        self.wait()

    def type(self, field: str, text: str) -> None:
        picker = getattr(self.form, field)
        picker.text.value = text
        picker.use.click()
        self.wait()

    @property
    def chosen(self) -> str:
        return self.bar.service.value

    @property
    def told(self) -> str:
        return text(self.form.view.widget)


def text(output) -> str:
    return "".join(one["data"]["text/plain"] for one in output.outputs)


def test_a_service_is_chosen_from_the_lists_saved_and_preselected_by_the_next_notebook(account, home):
    page = Page(asked(account, home))
    assert page.form.cluster.list.options == ("empty", "shop")
    page.cluster("shop")
    assert page.form.service.list.options == ("api", "api-v2", "worker")
    page.service("api-v2")
    assert page.chosen.startswith("shop/api-v2/eu-west-1/")
    assert "Saving makes this file: parameters/api-v2.yaml" in text(page.saving.children[1])
    assert "2. Diagnose" in text(page.onward)
    page.save.click()
    file = home / "parameters" / "api-v2.yaml"
    assert layered([from_file(file)]).service == "api-v2"
    assert "Saved" in text(page.saving.children[1])
    assert page.save.disabled
    after = Page(asked(account, home))
    assert after.chosen == page.chosen
    assert after.guided._desk.chosen.file == file
    assert after.form.cluster.text.value == "shop"


def test_what_is_chosen_but_not_saved_goes_on_to_the_other_notebooks_too(account, home):
    page = Page(asked(account, home))
    page.cluster("shop")
    page.service("worker")
    assert list((home / "parameters").iterdir()) == []
    assert Page(asked(account, home)).chosen == page.chosen


def test_the_choice_is_no_way_to_another_address(account, home):
    page = Page(asked(account, home))
    page.cluster("shop")
    page.service("worker")
    kept = home / "outputs" / ".chosen.json"
    word = json.loads(kept.read_text())
    kept.write_text(json.dumps(word | {"given": {**word["given"], "endpoint_url": "http://127.0.0.1:9"}}))
    assert Page(asked(account, home)).guided.parameters.endpoint_url == account.endpoint_url
    kept.write_text(json.dumps(word | {"given": {**word["given"], "service": "../../x"}}))
    assert Page(asked(account, home)).chosen == ""


def test_a_name_that_only_the_environment_gives_makes_way_for_a_choice_and_a_parameter_does_not(
    account, home, monkeypatch
):
    names = {"cluster": "shop", "service": "api"}
    page = Page(asked(account, home, **names))
    page.service("worker")
    assert Page(asked(account, home, **names)).guided.parameters.service == "api"
    monkeypatch.setenv("ECS_RUNBOOK_SERVICE", "api")
    assert Page(asked(account, home, **names)).guided.parameters.service == "worker"


def test_who_may_not_list_types(home):
    with AccountServer(SHOP, denied=("ListClusters", "ListServices")) as account:
        page = Page(asked(account, home))
        assert "You may not list them: ecs:ListClusters" in page.told
        page.type("service", "api")
        assert "First choose a cluster" in page.told
        page.type("cluster", "shop")
        assert "ecs:ListServices" in page.told
        page.type("service", "api")
        assert page.chosen.startswith("shop/api/")
        assert not page.save.disabled


def test_who_may_list_services_alone_gets_those_of_a_typed_cluster(home):
    with AccountServer(SHOP, denied=("ListClusters",)) as account:
        page = Page(asked(account, home))
        page.type("cluster", "shop")
        assert page.form.service.list.options == ("api", "api-v2", "worker")


def test_an_arn_says_cluster_and_region_too(account, home):
    page = Page(asked(account, home))
    page.type("service", "arn:aws:ecs:us-east-1:210987654321:service/other/api")
    assert page.chosen.startswith("other/api/us-east-1/")


@pytest.mark.parametrize("typed", ["../x", "a b", "<script>", "api;rm", "한글", "\u202eapi"])
def test_what_can_be_no_name_is_one_sentence(account, home, typed):
    page = Page(asked(account, home))
    page.cluster("shop")
    page.type("service", typed)
    assert "This cannot be a name" in page.told
    assert page.chosen == ""


def test_the_enter_key_chooses_what_was_typed_or_the_only_name_that_matches(account, home):
    page = Page(asked(account, home))
    page.cluster("shop")
    picker = page.form.service
    only = next(name for name in picker.list.options if sum(name in other for other in picker.list.options) == 1)
    for typed, chosen in ((only[:-1], only), ("none-such", "none-such")):
        picker.text.value = typed
        picker.text._handle_custom_msg({"event": "submit"}, [])
        page.wait()
        assert page.guided.parameters.service == chosen


def test_a_name_that_aws_does_not_list_is_said_and_can_be_chosen(account, home):
    page = Page(asked(account, home))
    page.cluster("shop")
    page.type("service", "apo")
    assert "AWS has no such name" in page.told
    assert "2. Diagnose" not in text(page.onward).splitlines()[-1]
    assert Page(asked(account, home)).chosen != page.chosen, "the other notebooks go on with what they had"
    page.type("cluster", "shopp")
    assert "There is no cluster `shopp`".replace("`", "") in page.told


def test_without_credentials_one_sentence_says_so_and_one_can_still_type(home):
    page = Page(parameters({"region": "eu-west-1", "lang": "en", "outputs": str(home / "o")}))
    assert "There are no AWS credentials" in page.told
    page.type("cluster", "shop")
    page.type("service", "api")
    assert page.chosen == "shop/api/eu-west-1//"


def test_profiles_are_those_of_the_configuration_and_bring_their_region(home):
    (home / "config").write_text("[default]\nregion = eu-west-1\n[profile night]\nregion = us-east-1\n")
    page = Page(parameters({"lang": "en", "outputs": str(home / "o")}))
    assert [label for label, _ in page.form.way.options] == ["Environment or default", "default", "night"]
    assert page.form.region.value == "eu-west-1"
    page.form.way.value = page.form.way.options[2][1]
    page.wait()
    assert page.form.region.value == "us-east-1"
    assert "ap-northeast-2" in page.form.region.options


def test_without_a_region_one_is_asked_for(home):
    page = Page(parameters({"lang": "en", "outputs": str(home / "o")}))
    assert "Choose a Region" in page.told
    page.form.region.value = "Seoul"
    page.wait()
    assert "Choose a Region" in page.told


def test_a_misspelt_region_is_told_with_the_nearest(home):
    (home / "credentials").write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    page = Page(parameters({"lang": "en", "region": "eu-wst-1", "deadline": 6, "outputs": str(home / "o")}))
    assert "Nearest name: eu-west-1" in page.told


def test_thousands_of_services_are_narrowed_by_typing(home):
    names = [f"{team}-service-{n:04}" for team in ("pay", "search") for n in range(2500)]
    with AccountServer({"big": names}) as account:
        page = Page(asked(account, home))
        assert len(page.form.service.list.options) == MOST
        assert page.form.service.note.value.startswith("200 of 5,000 shown")
        page.form.service.text.value = "SEARCH 0042"
        assert page.form.service.list.options == ("search-service-0042",)
        assert page.chosen == ""
        page.service("search-service-0042")
        assert page.chosen.startswith("big/search-service-0042/")
        assert page.form.service.list.value == "search-service-0042"
        page.form.service.text.value = "none of them"
        assert page.form.service.note.value == "No name holds what was typed."


def test_matching_takes_a_whole_name_for_a_choice_and_a_part_for_a_filter():
    assert matching(("api", "api-v2"), "api") == ("api", "api-v2")
    assert matching(("api", "api-v2"), "v2") == ("api-v2",)
    assert matching(("api", "api-v2"), " ") == ("api", "api-v2")


def test_listing_is_stopped_and_what_comes_too_late_is_dropped(account, home):
    account.gate.clear()
    guided = Guided(asked(account, home), "start")
    guided.services()
    form = guided._starting.form
    assert form.stop.layout.display == ""
    form.stop.click()
    assert form.stop.layout.display == "none"
    assert "Listing was stopped" in text(guided.here().children[1])
    account.gate.set()
    guided.wait()
    assert form.cluster.list.options == ()
    form.again.click()
    guided.wait()
    assert form.cluster.list.options == ("empty", "shop")


def test_names_that_ecs_does_not_have_are_left_out(home):
    with AccountServer({"shop": ["api", "<img src=x>", "a\u202eb", "a" * 300]}) as account:
        assert Page(asked(account, home)).form.service.list.options == ("api",)


def test_another_language_says_all_of_it_and_asks_aws_nothing(account, home):
    page = Page(asked(account, home))
    page.cluster("shop")
    page.form.service.text.value = "wor"
    before = list(account.asked)
    page.bar.language.value = "ko"
    assert page.form.cluster.text.description == "클러스터"
    assert page.save.description == "파라미터 파일 저장"
    assert page.form.service.text.value == "wor"
    page.bar.language.value = "en"
    assert account.asked == before


def test_every_widget_has_a_label_for_those_who_do_not_see_it(account, home):
    page = Page(asked(account, home))
    form = page.form
    fields = (form.way, form.region, form.again, form.stop, page.save)
    pickers = [w for picker in (form.cluster, form.service) for w in (picker.text, picker.use, picker.list)]
    assert [w for w in (*fields, *pickers) if not w.description] == []


def test_a_known_service_is_one_click_and_its_form_follows(account, home):
    for name in ("api", "worker"):
        page = Page(asked(account, home))
        page.cluster("shop")
        page.service(name)
        page.save.click()
    (home / "outputs" / ".chosen.json").unlink()
    page = Page(asked(account, home))
    assert page.chosen == ""
    page.bar.service.value = page.bar.service.options[1][1]
    page.wait()
    assert (page.form.cluster.text.value, page.form.service.text.value) == ("shop", "api")
    assert "The file says this already" in text(page.saving.children[1])


def test_a_file_that_cannot_be_written_is_one_sentence(account, home):
    page = Page(asked(account, home))
    page.cluster("shop")
    page.service("api")
    (home / "parameters").rmdir()
    (home / "parameters").write_text("")
    page.save.click()
    assert "permissions. Nothing was changed" in text(page.saving.children[1])


def test_on_the_lab_it_is_the_same_and_no_look_is_taken(own_lab, home):
    lab = own_lab("guide")
    page = Page(given(lab, lang="en", outputs=str(home / "outputs")))
    assert (page.form.cluster.list.value, page.form.service.list.value) == (CLUSTER, SERVICE)
    assert "No incident of this service is on record" in text(page.past)
    assert {call["action"] for call in lab.calls()} == {"ListClusters", "ListServices"}
    assert not list(home.glob("outputs/**/journal/*"))


def test_past_incidents_are_shown_newest_first_and_an_open_one_is_said(own_lab, home):
    lab = own_lab("guide")
    told = given(lab, lang="en", outputs=str(home / "outputs"))
    before = Guided(told, "diagnose")
    before.wait()
    page = Page(told)
    [incident] = home.glob("outputs/*/*/*/*/2*")
    shown = text(page.past)
    assert "An incident is open" in shown
    assert incident.name in shown
    assert "practice" in shown
    assert "3. Fix" in text(page.onward)

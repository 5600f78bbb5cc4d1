"""The questions mark what readers answer, by mouse and by keyboard."""

import pytest


def questions(page, server, name):
    page.goto(f"{server.address}/{name}.html")
    page.locator(".question.is-live").first.wait_for()
    return page.locator(".question").all()


def check(question):
    question.get_by_role("button", name="Check").click()
    return question.locator(".question-feedback")


def is_right(feedback):
    return "is-right" in feedback.get_attribute("class")


def is_wrong(feedback):
    return "is-wrong" in feedback.get_attribute("class")


def test_every_page_that_asks_asks_three_to_six_questions(site, asking_page):
    page = (site / f"{asking_page}.html").read_text("utf-8")
    assert 3 <= page.count("data-question=") <= 6


def test_the_right_answer_is_right_and_every_wrong_choice_gets_its_reason(
    fresh_page, server, asking_page
):
    for question in questions(fresh_page, server, asking_page):
        if question.get_attribute("data-question") == "choice":
            reasons = question.locator(".question-reasons > li").all()
            choices = question.get_by_role("radio").all()
            assert len(choices) == len(reasons) >= 2
            for choice, reason in zip(choices, reasons, strict=True):
                choice.check()
                feedback = check(question)
                right = reason.text_content().startswith("Right")
                assert is_right(feedback) == right
                assert is_wrong(feedback) != right
                expected = reason.locator(".question-reason").text_content().strip()
                assert expected
                assert expected in feedback.text_content()
        else:
            field = question.get_by_role("textbox")
            field.fill(question.locator(".question-value").text_content())
            assert is_right(check(question))
            for mistake in question.locator(".question-mistakes > li").all():
                field.fill(mistake.locator(".question-mistake").text_content())
                feedback = check(question)
                assert is_wrong(feedback)
                expected = mistake.locator(".question-reason").text_content().strip()
                assert expected in feedback.text_content()
    assert fresh_page.complaints == []


def test_a_question_is_answered_by_keyboard_alone(fresh_page, server):
    first, second, *_ = questions(fresh_page, server, "first-look")
    first.get_by_role("radio").first.focus()
    fresh_page.keyboard.press("ArrowDown")
    fresh_page.keyboard.press("Enter")
    assert "That would be the batch" in first.get_by_role("status").inner_text()
    fresh_page.keyboard.press("ArrowUp")
    assert first.get_by_role("status").inner_text() == "", "an old verdict does not stay"
    fresh_page.keyboard.press("Enter")
    assert "Right." in first.get_by_role("status").inner_text()
    second.get_by_role("textbox").focus()
    fresh_page.keyboard.type("[ 128 , 10 ]")
    fresh_page.keyboard.press("Enter")
    assert "Right." in second.get_by_role("status").inner_text()


def test_what_is_no_answer_is_not_marked(fresh_page, server):
    first, second, third, *_ = questions(fresh_page, server, "first-look")
    assert "Choose one" in check(first).inner_text()
    assert "Type a shape" in check(second).inner_text()
    third.get_by_role("textbox").fill("many")
    feedback = check(third)
    assert "Type a number such as 1,234, 0.5" in feedback.inner_text()
    assert not is_wrong(feedback)


@pytest.mark.parametrize(
    ("given", "wanted", "tolerance", "same"),
    [
        ("407050", "407,050", 0, True),
        ("407 050", "407,050", 0, True),
        ("407051", "407,050", 0, False),
        ("−3", "-3", 0, True),
        ("98 %", "0.98", 0, True),
        ("0.97", "0.98", 0.01, True),
        ("0.965", "0.98", 0.01, False),
        ("1e3", "1000", 0, True),
        ("", "0", 0, False),
        ("1,5", "15", 0, False),
        ("1,5", "1.5", 0, True),
        ("0,98", "0.98", 0, True),
        (".5", "0.5", 0, True),
        ("407.050", "407,050", 0, True),
        ("1.234,5", "1234.5", 0, True),
        ("1,234.5", "1234.5", 0, True),
        ("1,234", "1.234", 0, True),
        ("0,234", "234", 0, False),
        ("1,23,456", "123456", 0, False),
        ("1.2.3", "1.23", 0, False),
        ("407\u2009050", "407,050", 0, True),
        ("407\u202f050", "407,050", 0, True),
        ("407'050", "407,050", 0, True),
        ("407_050", "407,050", 0, True),
        ("40 50", "4050", 0, False),
        ("23/5", "4.6", 0, True),
        ("-1/8", "-0.125", 0, True),
        ("1⁄4", "0.25", 0, True),
        ("1/0", "0", 0, False),
        ("1/2/3", "0.5", 0, False),
        ("–16", "-16", 0, True),
        ("- 16", "-16", 0, True),
        ("‑0,12", "-0.12", 0, True),
        ("2 × 10^-3", "0.002", 0, True),
        ("2·10⁻³", "0.002", 0, True),
        ("17,3 %", "0.173", 0, True),
        ("four", "4", 0, False),
        ("+5", "5", 0, True),
        ("5 per cent", "0.05", 0, True),
        ("1,234,567", "1234567", 0, True),
        ("0,123,456", "123456", 0, False),
        ("1234,567", "1234567", 0, False),
        ("3/-4", "-0.75", 0, True),
        ("0.3", "0.30000000000000004", 0, True),
        ("0.3", "0.30000000001", 0, False),
        ("1000000.0000001", "1000000", 0, True),
        ("1000000.00001", "1000000", 0, False),
        ("0.97", "0.95", 0.01, False),
    ],
)
def test_numbers_are_read_as_people_write_them(shared_page, server, given, wanted, tolerance, same):
    if not shared_page.evaluate("typeof Explore === 'object' && 'questions' in Explore"):
        questions(shared_page, server, "first-look")
    result = shared_page.evaluate(
        "([given, wanted, tolerance]) =>"
        " Explore.questions.same('number', given, wanted, tolerance)",
        [given, wanted, tolerance],
    )
    assert result is same


@pytest.mark.parametrize(
    ("given", "same", "readable"),
    [
        ("(64, 784)", True, True),
        ("64 784", True, True),
        ("[ 64 × 784 ]", True, True),
        ("64x784,", True, True),
        ("064, 784", True, True),
        ("(784, 64)", False, True),
        ("(64, 784, 1)", False, True),
        ("64", False, True),
        ("()", False, True),
        ("", False, False),
        ("  ", False, False),
        ("64.0, 784", False, False),
        ("(64, n)", False, False),
        ("-64, 784", False, False),
    ],
)
def test_shapes_are_read_as_people_write_them(shared_page, server, given, same, readable):
    if not shared_page.evaluate("typeof Explore === 'object' && 'questions' in Explore"):
        questions(shared_page, server, "first-look")
    result = shared_page.evaluate(
        """given => {
            const { same, readable } = Explore.questions;
            return [same("shape", given, "(64, 784)", 0), readable("shape", given),
                same("shape", given, "", 0)];
        }""",
        given,
    )
    assert result == [same, readable, False]


def test_the_verdict_is_told_in_words_and_goes_when_the_answer_changes(fresh_page, server):
    first, second, third, *_ = questions(fresh_page, server, "first-look")
    choice = first.get_by_role("radio")
    choice.first.check()
    feedback = check(first)
    assert feedback.locator("strong").count() == 1
    choice.last.check()
    assert feedback.inner_text() == ""
    assert feedback.get_attribute("class") == "question-feedback"
    for question, wrong in [(second, "(9, 9, 9)"), (third, "123456789")]:
        field = question.get_by_role("textbox")
        field.fill(wrong)
        feedback = check(question)
        assert feedback.get_attribute("class") == "question-feedback is-wrong"
        told = feedback.locator("p").all_inner_texts()
        assert told == ["✗ Not quite.", "Think again, or look at the answer below."]
        field.fill("nothing that can be read")
        assert feedback.inner_text() == ""
        assert feedback.get_attribute("class") == "question-feedback"
        check(question)
        assert feedback.locator("strong").count() == 0
        assert feedback.get_attribute("class") == "question-feedback"
        field.fill(question.locator(".question-value").text_content())
        check(question)
        assert feedback.get_attribute("class") == "question-feedback is-right"
        because = question.locator(".question-because").text_content().strip()
        assert because
        assert feedback.inner_text() == f"✓ Right.\n\n{because}"
        # The verdict stands between the field and the answer, which is still folded.
        below = question.evaluate(
            "node => [...node.querySelectorAll('form, .question-feedback, .question-answer')]"
            ".map((part) => part.className.split(' ')[0])"
        )
        assert below == ["question-form", "question-feedback", "question-answer"]
    second_label, third_label = (
        question.locator(".explorer-field label").inner_text() for question in (second, third)
    )
    assert second_label == "Your answer, a shape such as (2, 3)"
    assert third_label == "Your answer, a number"
    legend = first.locator("legend").text_content()
    assert legend == first.locator(".question-title").text_content()
    assert second.get_by_role("textbox").get_attribute("inputmode") == "text"


def test_where_an_answer_may_be_negative_the_keypad_has_a_minus(shared_page, server, asking_page):
    for question in questions(shared_page, server, asking_page):
        if question.get_attribute("data-question") == "number":
            texts = question.locator(".question-value, .question-mistake").all_text_contents()
            negative = any(text.strip().startswith("−") for text in texts)
            assert "-" not in "".join(texts), "a hyphen is no minus"
            mode = question.get_by_role("textbox").get_attribute("inputmode")
            assert mode == ("text" if negative else "decimal")


def test_axe_finds_nothing_in_answered_questions(phone, server, violations, asking_page):
    phone.emulate_media(color_scheme="light")
    for question in questions(phone, server, asking_page):
        if question.get_attribute("data-question") == "choice":
            question.get_by_role("radio").last.check()
        else:
            question.get_by_role("textbox").fill("1")
        check(question)
        question.locator("summary").click()
    assert violations(phone, ".question") == []
    phone.emulate_media(color_scheme="dark")
    phone.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
    assert violations(phone, ".question", rules=["color-contrast"]) == []


def test_without_javascript_the_answers_are_folded_below(browser, server, asking_page):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.address}/{asking_page}.html")
    for question in page.locator(".question").all():
        assert question.locator("form").count() == 0
        assert question.locator(".question-prompt").is_visible()
        answer = question.locator("details > :not(summary)").first
        assert not answer.is_visible()
        question.locator("summary").click()
        assert answer.is_visible()
    context.close()


def test_it_works_when_opened_from_disk_and_stores_nothing(fresh_page, site):
    fresh_page.goto((site / "first-look.html").as_uri())
    question = fresh_page.locator(".question").first
    before = fresh_page.evaluate("JSON.stringify([localStorage, document.cookie])")
    question.get_by_role("radio").first.check()
    assert is_right(check(question))
    assert fresh_page.evaluate("JSON.stringify([localStorage, document.cookie])") == before

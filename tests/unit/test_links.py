"""Web addresses in text are found, made uniform and told apart; nothing else is taken for one."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.text.latex import to_unicode
from syncd.text.links import find_links

REPOSITORY = "https://github.com/namisan/mt-dnn"


@pytest.mark.parametrize(
    "text",
    [
        f"{REPOSITORY}.",
        f"{REPOSITORY} .",
        f"({REPOSITORY}),",
        f"[code]({REPOSITORY})",
        f"<{REPOSITORY}>",
        f"“{REPOSITORY}”",
        rf"\url{{{REPOSITORY}}}.",
        rf"\href{{{REPOSITORY}}}{{code}}",
        rf"\footnote{{\url{{{REPOSITORY}}}}}",
        f"{REPOSITORY}.git",
        f"{REPOSITORY}/",
        f"{REPOSITORY}/tree/master/alum",
        f"{REPOSITORY}/blob/master/README.md#use",
        f"{REPOSITORY}?tab=readme-ov-file",
        f"{REPOSITORY}，代码",
        "http://www.github.com/namisan/mt-dnn",
        "HTTPS://GitHub.com/namisan/mt-dnn",
        "github.com/namisan/mt-dnn, and",
        "www.github.com/namisan/mt-dnn",
        "git@github.com:namisan/mt-dnn.git",
        "https://raw.githubusercontent.com/namisan/mt-dnn/master/x.py",
        f"{REPOSITORY} and {REPOSITORY.upper().replace('HTTPS', 'https')} and {REPOSITORY}/tree/x",
        f"{REPOSITORY},{REPOSITORY}",
    ],
)
def test_one_repository_however_it_is_written(text: str) -> None:
    """Every way to write a repository's address gives one link with its uniform address and name."""
    assert [(link.url, link.kind, link.name) for link in find_links(text)] == [
        (REPOSITORY, "code", "namisan/mt-dnn")
    ]


@pytest.mark.parametrize(
    ("text", "kind", "url", "name"),
    [
        ("https://gitlab.com/g/sub/r/-/tree/main", "code", "https://gitlab.com/g/sub/r", "g/sub/r"),
        ("https://bitbucket.org/a/b/src/master", "code", "https://bitbucket.org/a/b", "a/b"),
        ("https://codeberg.org/a/b", "code", "https://codeberg.org/a/b", "a/b"),
        (
            "https://anonymous.4open.science/r/F-12/R.md",
            "code",
            "https://anonymous.4open.science/r/F-12",
            "F-12",
        ),
        ("https://sourceforge.net/projects/foo/files", "code", "https://sourceforge.net/projects/foo", "foo"),
        ("https://git.sr.ht/~user/repo", "code", "https://git.sr.ht/~user/repo", "~user/repo"),
        ("gist.github.com/user/abc", "code", "https://gist.github.com/user/abc", "user/abc"),
        ("https://github.com/a/next.js.", "code", "https://github.com/a/next.js", "a/next.js"),
        ("https://huggingface.co/m/d-v3", "model", "https://huggingface.co/m/d-v3", "m/d-v3"),
        ("https://huggingface.co/m/d/tree/main", "model", "https://huggingface.co/m/d", "m/d"),
        ("https://huggingface.co/datasets/a/b", "dataset", "https://huggingface.co/datasets/a/b", "a/b"),
        (
            "https://huggingface.co/datasets/squad",
            "dataset",
            "https://huggingface.co/datasets/squad",
            "squad",
        ),
        ("https://hf.co/spaces/a/b", "demo", "https://huggingface.co/spaces/a/b", "a/b"),
        ("https://x-y.hf.space", "demo", "https://x-y.hf.space", "x-y.hf.space"),
        (
            "https://huggingface.co/papers/2304.12526",
            "paper",
            "https://huggingface.co/papers/2304.12526",
            "arXiv:2304.12526",
        ),
        (
            "https://huggingface.co/microsoft",
            "other",
            "https://huggingface.co/microsoft",
            "huggingface.co/microsoft",
        ),
        ("https://m.github.io/ParaK.", "project", "https://m.github.io/ParaK", "ParaK"),
        ("https://m.github.io", "project", "https://m.github.io", "m.github.io"),
        ("https://m.gitlab.io/x/", "project", "https://m.gitlab.io/x", "x"),
        ("https://sites.google.com/view/foo", "project", "https://sites.google.com/view/foo", "foo"),
        ("Project page: https://foo.org/bar.", "project", "https://foo.org/bar", "foo.org/bar"),
        ("on the website http://foo.org", "project", "http://foo.org", "foo.org"),
        (
            "https://www.youtube.com/watch?v=ab",
            "video",
            "https://youtube.com/watch?v=ab",
            "youtube.com/watch?v=ab",
        ),
        ("https://vimeo.com/123", "video", "https://vimeo.com/123", "vimeo.com/123"),
        (
            "https://doi.org/10.1162/tacl_a_1.",
            "paper",
            "https://doi.org/10.1162/tacl_a_1",
            "10.1162/tacl_a_1",
        ),
        (
            "http://arxiv.org/abs/2304.12526v2",
            "paper",
            "https://arxiv.org/abs/2304.12526v2",
            "arXiv:2304.12526",
        ),
        (
            "openreview.net/forum?id=ab",
            "paper",
            "https://openreview.net/forum?id=ab",
            "openreview.net/forum?id=ab",
        ),
        (
            "https://gluebenchmark.com/leaderboard",
            "other",
            "https://gluebenchmark.com/leaderboard",
            "gluebenchmark.com/leaderboard",
        ),
        ("is on github.com.", "other", "https://github.com", "github.com"),
        ("https://github.com/", "other", "https://github.com", "github.com"),
        ("https://github.com/microsoft", "other", "https://github.com/microsoft", "github.com/microsoft"),
        ("https://github.com/topics/nlp", "other", "https://github.com/topics/nlp", "github.com/topics/nlp"),
        (r"https://x.edu/\~{}u/a\_b\%20\#c", "other", "https://x.edu/~u/a_b%20#c", "x.edu/~u/a_b%20"),
        (
            "https://en.wikipedia.org/wiki/C_(x))",
            "other",
            "https://en.wikipedia.org/wiki/C_(x)",
            "en.wikipedia.org/wiki/C_(x)",
        ),
    ],
)
def test_tells_addresses_apart(text: str, kind: str, url: str, name: str) -> None:
    """Host, path and the words before an address decide what it leads to."""
    assert [(link.kind, link.url, link.name) for link in find_links(text)] == [(kind, url, name)]


@pytest.mark.parametrize(
    "text",
    [
        "e.g., CNN/DailyMail, i.e./e.g., and/or, Node.js/Express, TCP/IP",
        "main.py/x, README.md, v1.2/3, 10.1/2, 3.5/4.0",
        "ann@github.com, ann@example.org/x",
        "https://, http://., http://localhost/x, https://[::1, file:///etc/x",
        "a sentence ends.Next/one starts",
        "",
    ],
)
def test_finds_nothing_where_nothing_is(text: str) -> None:
    """Abbreviations, file names, names of data sets and e-mail addresses are no links."""
    assert find_links(text) == ()


def test_order_is_that_of_the_text() -> None:
    """Links come in the order in which the text names them, with and without scheme."""
    text = "github.com/a/b, https://c.org/d, github.com, https://github.com/e/f"
    assert [link.url[8:] for link in find_links(text)] == [
        "github.com/a/b",
        "c.org/d",
        "github.com",
        "github.com/e/f",
    ]


SEGMENT = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,8}[a-z0-9]", fullmatch=True)


@settings(deadline=None, max_examples=150)
@given(SEGMENT, SEGMENT, st.sampled_from(["{}", "({})", "{}.", "see {}, and", r"\url{{{}}}", "“{}”", "{} ."]))
def test_finds_any_repository_raw_and_converted(owner: str, name: str, frame: str) -> None:
    """A repository is found in LaTeX and in its conversion alike."""
    text = frame.format(f"https://github.com/{owner}_/{name}")
    expected = [f"https://github.com/{owner}_/{name}"]
    assert [link.url for link in find_links(text)] == expected
    assert [link.url for link in find_links(to_unicode(text))] == expected


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            ["https://", "github.com/", "a.io/", "www.", "\\_", "{", "}", ")", ".", "[", " ", "~", "é"]
        )
    )
)
def test_never_raises_and_is_uniform(pieces: list[str]) -> None:
    """Whatever stands in the text, a link found has a scheme and is found again as itself."""
    for link in find_links("".join(pieces)):
        assert link.url.startswith(("https://", "http://"))
        assert find_links(link.url)[0].url == link.url


@pytest.mark.parametrize(
    "piece", ["github.com ", "https://", "a.b/", "(", "https://a.org/)", "project page ", ",", "git@"]
)
def test_time_grows_with_length_only(piece: str) -> None:
    """A long text of anything is searched in seconds."""
    start = time.process_time()
    find_links("https://a.org/" + piece * (300_000 // len(piece)))
    assert time.process_time() - start < 5

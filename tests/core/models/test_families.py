from core.models.families import Family, family


def test_known_architectures() -> None:
    assert family("Qwen2ForCausalLM") == Family("Qwen2ForCausalLM", "qwen2", "qwen2")
    assert family("LlamaForCausalLM") == Family("LlamaForCausalLM", "llama", "llama")
    found = family("Glm4MoeLiteForCausalLM")
    assert found is not None
    assert (found.model_type, found.gguf) == ("glm4_moe_lite", "deepseek2")


def test_unknown_architecture() -> None:
    assert family("BertForMaskedLM") is None
    assert family("") is None

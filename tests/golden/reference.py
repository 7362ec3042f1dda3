"""What the scripts that make golden tensors share."""

import torch


def randomise(model, seed):
    """Initial weights are all near zero and hide mistakes; these are not."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator) * 0.3
            parameter.copy_(1.0 + noise if name.endswith(("LayerNorm.weight", "layer_norm.weight")) else noise)


def batches(encoder, vocabulary, seed):
    """Ids, last hidden states and pooler outputs of three batches, without padding."""
    generator = torch.Generator().manual_seed(seed + 1000)
    found = []
    for lengths in ([7], [3, 16, 9], [1, 2]):
        longest = max(lengths)
        ids = torch.randint(0, vocabulary, (len(lengths), longest), generator=generator)
        mask = torch.tensor([[1] * length + [0] * (longest - length) for length in lengths])
        with torch.no_grad():
            out = encoder(input_ids=ids, attention_mask=mask)
        rows = []
        for row, length in enumerate(lengths):
            entry = {"ids": ids[row, :length].tolist(), "hidden": rounded(out.last_hidden_state[row, :length])}
            if getattr(out, "pooler_output", None) is not None:
                entry["pooler"] = rounded(out.pooler_output[row])
            rows.append(entry)
        found.append(rows)
    return found


def rounded(tensor):
    return [[round(x, 6) for x in row] for row in tensor.tolist()] if tensor.dim() == 2 else [round(x, 6) for x in tensor.tolist()]

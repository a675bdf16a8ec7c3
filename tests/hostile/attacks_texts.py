"""Hostile entries by what they say: texts, numbers, names and titles."""

from __future__ import annotations

import toy
from hostile.attack import attack

# A prediction of an honest entry, stored first as another type by whoever knows its bytes.
HONEST = "(inputs['x'] @ np.float32([[2.0], [-1.0]])).astype(np.float32).reshape(shape)"

ATTACKS = (
    attack(
        "ends_with_orders_to_the_terminal",
        "failed",
        r"ValueError: \\x1b\]0;owned\\x07\\x9b2J\\u202e\\u2028good\\u200b\[red\]$",
        fit="""
        tried()
        raise ValueError("\\x1b]0;owned\\x07\\x9b2J\\u202e\\u2028good\\u200b[red]")
        """,
    ),
    attack(
        "prints_bytes_of_no_text_last",
        "failed",
        r"\\x1b\[2J.*end$",
        fit="""
        tried()
        os.write(2, b"\\x1b[2J\\xff\\xfe\\xed\\xa0\\x80\\x00\\x85end")
        os._exit(3)
        """,
    ),
    attack(
        "raises_what_has_no_text",
        "failed",
        fit="""
        class Odd(Exception):
            def __str__(self):
                os.write(2, b"\\x1b[2J")
                raise RuntimeError("\\x1b[2J" * 100_000)
        Odd.__name__ = Odd.__qualname__ = "\\x1b[2J\\u202e" * 1000
        tried()
        raise Odd
        """,
    ),
    attack(
        "reports_numbers_of_absurd_types",
        fit="""
        class Odd:
            def __index__(self):
                return 10**5000
            def __float__(self):
                return float("nan")
            def __iter__(self):
                while True:
                    yield self
        self.parameters, self.flops, self.history = Odd(), Odd(), Odd()
        tried()
        """,
    ),
    attack(
        "reports_truth_values_and_texts",
        fit="""
        self.parameters, self.flops, self.history = True, "7", [np.True_, "1"]
        tried()
        """,
    ),
    attack(
        "names_its_types_for_the_terminal",
        fit="""
        Odd = type("\\x1b[2J\\n" + AUDIT, (), {})
        self.parameters, self.flops, self.history = Odd(), [Odd()] * 10**6, {Odd(): 1}
        tried()
        """,
        top="""
        AUDIT = "audit: network: \\x1b[2J"
        """,
    ),
    attack(
        "answers_an_honest_prediction_as_other_numbers",
        fit="tried()",
        predict=f"return {HONEST}.view(np.int32)",
    ),
    attack(
        "answers_an_honest_prediction_in_another_byte_order",
        fit="tried()",
        predict=f"return {HONEST}.view('>f4')",
    ),
    attack(
        "replaces_the_module_that_is_seeded",
        fit="""
        sys.meta_path.clear()
        sys.modules["torch"] = None
        tried()
        """,
        predict=toy.SUM,
    ),
)

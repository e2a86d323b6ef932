"""Step-up challenges: proof of work (captcha) and a second factor, single use, bound to a decision."""

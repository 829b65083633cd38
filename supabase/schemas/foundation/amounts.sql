-- Costs and tokens are never below zero, whatever a model server reports: a negative cost would pay money back.

create domain platform.amount as numeric(14, 6) check (value >= 0);

create domain platform.token_count as int check (value >= 0);

-- The tokens of many calls.
create domain platform.token_sum as bigint check (value >= 0);

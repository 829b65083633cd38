-- Costs and token counts are never negative, whatever a model server reports: a negative cost would raise the budget.

create domain platform.amount as numeric(14, 6) check (value >= 0);

create domain platform.token_count as int check (value >= 0);

-- The sum of the tokens of many calls.
create domain platform.token_sum as bigint check (value >= 0);

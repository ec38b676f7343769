// English: words of the parts.

export const PARTS = {
  first_of_more: 'The first {count} of more',
  first_of_more_note: 'The first {count} of more; the CSV has all.',
  ask_more: 'Ask for {count} more',
  order: 'Order',
  as_it_came: 'As it came',
  rising: 'Rising',
  falling: 'Falling',
  sum_of_lines: 'Sum of the marked lines',
  sum_so_far: 'Sum of the marked lines, earlier entries not counted',
  credits_less_debits: 'credits less debits',
  debits_less_credits: 'debits less credits',
  figure_itself: 'The figure',
  sum_differs: 'Difference',
  sum_all: 'Sum up all entries',
};

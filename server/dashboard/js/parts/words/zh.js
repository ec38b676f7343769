// 简体中文: words of the parts.

export const PARTS = {
  first_of_more: '前 {count} 行，后面还有',
  first_of_more_note: '仅前 {count} 行，全部内容见 CSV。',
  ask_more: '再取 {count} 行',
  order: '排序',
  as_it_came: '原有顺序',
  rising: '升序',
  falling: '降序',
  sum_of_lines: '所标分录合计',
  sum_so_far: '所标分录合计（未含更早的分录）',
  credits_less_debits: '贷方减借方',
  debits_less_credits: '借方减贷方',
  figure_itself: '该数字',
  sum_differs: '差额',
  sum_all: '合计全部分录',
};

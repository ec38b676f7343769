// The pages (of which ONLY may name some, with commas, while one mends them): the role that looks at each, its address, how many values it shows at least, and the picture that is made of it.

import { MERCHANT, ask, reconciles } from './browser.mjs';

export async function pages() {
  const payment = (await ask(`/v1/payments?merchant=${MERCHANT}&limit=1&state=captured`, 'bank')).rows[0].payment;
  const payout = (await ask(`/v1/merchants/${MERCHANT}/payouts?limit=1`, 'bank')).rows[0]?.payout;
  const of = (tab) => `#/merchant/${MERCHANT}/${tab}`;
  const all = [
    { name: 'overview', role: 'bank', hash: '#/overview', values: 60 },
    { name: 'merchants', role: 'bank', hash: '#/merchant', values: 100 },
    { name: 'merchant', role: 'bank', hash: of('balances'), values: 12 },
    { name: 'payments', role: 'bank', hash: of('payments'), values: 100 },
    { name: 'payment', role: 'bank', hash: of(`payments/${payment}`), values: 15 },
    { name: 'payouts', role: 'bank', hash: of('payouts'), values: 20 },
    ...(payout ? [{ name: 'payout', role: 'bank', hash: of(`payouts/${payout}`), values: 20 }] : []),
    { name: 'holds', role: 'bank', hash: of('holds'), values: 20 },
    { name: 'journal', role: 'bank', hash: of('journal'), values: 60 },
    { name: 'statements', role: 'bank', hash: of('statements'), values: 12 },
    { name: 'exposure', role: 'bank', hash: '#/exposure', values: 150 },
    { name: 'fees', role: 'bank', hash: '#/fees', values: 120 },
    ...((await reconciles()) ? [{ name: 'reconciliation', role: 'bank', hash: '#/reconciliation', values: 0 }] : []),
    { name: 'consumption', role: 'marketing', hash: '#/consumption', values: 120 },
    { name: 'operations', role: 'operator', hash: '#/operations', values: 60 },
    { name: 'operations-bank', role: 'bank', hash: '#/operations', values: 60 },
    { name: 'merchant-own', role: 'merchant', hash: '#/', values: 10 },
  ];
  const only = process.env.ONLY?.split(',');
  return only ? all.filter(({ name }) => only.includes(name)) : all;
}

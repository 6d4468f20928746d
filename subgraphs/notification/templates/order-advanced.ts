import { moneyText } from './format.ts';
import { orderData, orderDetails, type OrderData } from './order.ts';
import { defineTemplate } from './template.ts';

type Words = (order: OrderData, total: string) => [title: string, body: string];

/** The states that somebody is told of when an order comes to them, with the words; others are only in the order's history. */
const english: Record<string, Words> = {
  PAID: ({ number }, total) => [`Order ${number} confirmed`, `We have received your payment of ${total}. Thank you.`],
  READY_FOR_PICKUP: ({ number }) => [
    `Order ${number} is ready`,
    'You can pick it up now. Please bring an identity card.',
  ],
  SHIPPED: ({ number }) => [`Order ${number} is on its way`, 'It has been handed over, insured, to the carrier.'],
  VAULTED: ({ number }) => [`Order ${number} is in the vault`, 'Your metal is stored in your name.'],
  DELIVERED: ({ number }) => [`Order ${number} was delivered`, 'Please tell us at once if anything is missing.'],
  COMPLETED: ({ number }) => [`Order ${number} is complete`, 'Thank you for your trust.'],
  RETURNED: ({ number }) => [`Order ${number} has come back`, 'We have it; your money follows.'],
  EXPIRED: ({ number }) => [
    `Order ${number} has expired`,
    'It was not paid in time, so its price is no longer locked.',
  ],
  CANCELLED: ({ number }) => [`Order ${number} was cancelled`, 'Nothing more is to be done.'],
  REJECTED: ({ number }) => [`Order ${number} was rejected`, 'We cannot carry it out. Nothing more is to be done.'],
  REFUND_PENDING: ({ number }, total) => [`Order ${number} is being refunded`, `You get ${total} back.`],
  REFUNDED: ({ number }, total) => [`Order ${number} was refunded`, `${total} are back in your wallet.`],
};

/** States that are about money that goes back, and are told as such. */
const paymentStates = ['REFUND_PENDING', 'REFUNDED'];

/** An order has come to another state. */
export const orderAdvanced = defineTemplate(orderData, {
  en(order, locale) {
    const words = english[order.status];
    const [title, body] = words?.(order, moneyText(order.total, locale)) ?? [
      `Order ${order.number} has changed`,
      `It is ${order.status.toLowerCase().replaceAll('_', ' ')} now.`,
    ];
    return { title, body, sms: `${title}. ${body}`, details: orderDetails(order, locale) };
  },
});

/** Whether somebody is told when an order comes to a state. */
export function isTold(status: string): boolean {
  return Object.hasOwn(english, status);
}

/** What a change to a state is about. */
export function categoryOf(status: string): 'ORDER' | 'PAYMENT' {
  return paymentStates.includes(status) ? 'PAYMENT' : 'ORDER';
}

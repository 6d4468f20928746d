import { moneyText, timeText } from './format.ts';
import { orderData, orderDetails, type OrderData } from './order.ts';
import { defineTemplate } from './template.ts';

/** An order was placed: until when it is to be paid, or that the metal is expected. */
export const orderPlaced = defineTemplate(orderData, {
  en(order, locale) {
    const { title, body } = order.side === 'BUY' ? bought(order, locale) : sold(order, locale);
    return { title, body, sms: `${title}. ${body}`, details: orderDetails(order, locale) };
  },
});

function bought(order: OrderData, locale: string) {
  const total = moneyText(order.total, locale);
  return {
    title: `Order ${order.number} placed`,
    body: order.paymentDueAt
      ? `Please pay ${total} until ${timeText(order.paymentDueAt, locale)}. The price is locked until then.`
      : `The total is ${total}.`,
  };
}

function sold(order: OrderData, locale: string) {
  return {
    title: `Sale ${order.number} placed`,
    body: `We buy for ${moneyText(order.total, locale)}. You are told as soon as your metal has been checked.`,
  };
}

import { eventCatalogue, type EventData } from '#shared/events/event-catalogue.ts';
import { moneyText, timeText } from './format.ts';

/** What templates of orders are given: the order as the event tells it. */
export const orderData = eventCatalogue['order.order-placed'].data;
export type OrderData = EventData<'order.order-placed'>;

/** The facts of an order that its e-mails show. */
export function orderDetails(order: OrderData, locale: string): [string, string][] {
  return [
    ['Order', order.number],
    ...order.lines.map(({ name, quantity }): [string, string] => ['Item', `${quantity} × ${name}`]),
    [totalLabel(order), moneyText(order.total, locale)],
    ...(order.paymentDueAt ? [['Pay until', timeText(order.paymentDueAt, locale)] as [string, string]] : []),
    ...(order.reason ? [['Reason', order.reason] as [string, string]] : []),
  ];
}

function totalLabel({ side, paymentDueAt }: OrderData): string {
  if (side === 'SELL') return 'You get';
  return paymentDueAt === null ? 'Total' : 'To pay';
}

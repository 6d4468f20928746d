-- CreateTable
CREATE TABLE "stock_movement" (
    "position" BIGSERIAL NOT NULL,
    "sku" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "on_hand" INTEGER NOT NULL,
    "reserved" INTEGER NOT NULL,
    "allocated" INTEGER NOT NULL,
    "order_id" UUID,
    "actor_id" TEXT,
    "reason" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "stock_movement_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "customer_order" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "number" BIGSERIAL NOT NULL,
    "customer_id" TEXT NOT NULL,
    "client_order_id" TEXT,
    "side" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "quote_id" UUID NOT NULL,
    "currency" TEXT NOT NULL,
    "total" DECIMAL(24,4) NOT NULL,
    "placed_at" TIMESTAMPTZ(3) NOT NULL,
    "payment_due_at" TIMESTAMPTZ(3) NOT NULL,
    "paid_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "customer_order_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "order_line" (
    "order_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "sku" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "unit_price" DECIMAL(24,4) NOT NULL,
    "total" DECIMAL(24,4) NOT NULL,
    "price_lines" JSONB NOT NULL,

    CONSTRAINT "order_line_pkey" PRIMARY KEY ("order_id","position")
);

-- CreateTable
CREATE TABLE "order_history_entry" (
    "order_id" UUID NOT NULL,
    "sequence" INTEGER NOT NULL,
    "from" TEXT,
    "to" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "actor_id" TEXT,
    "reason" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "order_history_entry_pkey" PRIMARY KEY ("order_id","sequence")
);

-- CreateTable
CREATE TABLE "wallet_balance" (
    "user_id" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "available" DECIMAL(24,4) NOT NULL DEFAULT 0,
    "reserved" DECIMAL(24,4) NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "wallet_balance_pkey" PRIMARY KEY ("user_id","currency")
);

-- CreateTable
CREATE TABLE "wallet_entry" (
    "position" BIGSERIAL NOT NULL,
    "user_id" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "amount" DECIMAL(24,4) NOT NULL,
    "kind" TEXT NOT NULL,
    "reference" TEXT,
    "order_id" UUID,
    "actor_id" TEXT,
    "balance_after" DECIMAL(24,4) NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "wallet_entry_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "idempotency_key" (
    "scope" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "result" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("scope","key")
);

-- CreateIndex
CREATE INDEX "stock_movement_sku_position_idx" ON "stock_movement"("sku", "position");

-- CreateIndex
CREATE UNIQUE INDEX "stock_movement_order_id_sku_kind_key" ON "stock_movement"("order_id", "sku", "kind");

-- CreateIndex
CREATE UNIQUE INDEX "customer_order_number_key" ON "customer_order"("number");

-- CreateIndex
CREATE UNIQUE INDEX "customer_order_quote_id_key" ON "customer_order"("quote_id");

-- CreateIndex
CREATE INDEX "customer_order_customer_id_id_idx" ON "customer_order"("customer_id", "id");

-- CreateIndex
CREATE INDEX "customer_order_status_id_idx" ON "customer_order"("status", "id");

-- CreateIndex
CREATE INDEX "customer_order_placed_at_idx" ON "customer_order" USING BRIN ("placed_at");

-- CreateIndex
CREATE UNIQUE INDEX "customer_order_customer_id_client_order_id_key" ON "customer_order"("customer_id", "client_order_id");

-- CreateIndex
CREATE INDEX "wallet_entry_user_id_position_idx" ON "wallet_entry"("user_id", "position");

-- CreateIndex
CREATE UNIQUE INDEX "wallet_entry_order_id_kind_key" ON "wallet_entry"("order_id", "kind");

-- CreateIndex
CREATE INDEX "idempotency_key_created_at_idx" ON "idempotency_key"("created_at");

-- AddForeignKey
ALTER TABLE "stock_movement" ADD CONSTRAINT "stock_movement_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "customer_order"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_line" ADD CONSTRAINT "order_line_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "customer_order"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_history_entry" ADD CONSTRAINT "order_history_entry_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "customer_order"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "wallet_entry" ADD CONSTRAINT "wallet_entry_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "customer_order"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand: what Prisma cannot express.
-- Numbers for people have seven digits from the first one on.
ALTER SEQUENCE "customer_order_number_seq" RESTART WITH 1000001;

-- The ledger begins with the stock that is there.
INSERT INTO "stock_movement" ("sku", "kind", "on_hand", "reserved", "allocated", "reason", "at")
SELECT "sku", 'RECEIPT', "on_hand", "reserved", "allocated", 'Opening stock', now() FROM "stock_level";

-- What must never be, whatever the programs do.
ALTER TABLE "customer_order" ADD CONSTRAINT "customer_order_total_positive" CHECK ("total" > 0);
ALTER TABLE "customer_order" ADD CONSTRAINT "customer_order_version_positive" CHECK ("version" > 0);
ALTER TABLE "order_line" ADD CONSTRAINT "order_line_positive" CHECK ("quantity" > 0 AND "total" > 0 AND "unit_price" > 0);
ALTER TABLE "wallet_balance" ADD CONSTRAINT "wallet_balance_not_negative" CHECK ("available" >= 0 AND "reserved" >= 0);
ALTER TABLE "wallet_entry" ADD CONSTRAINT "wallet_entry_not_nothing" CHECK ("amount" <> 0 AND "balance_after" >= 0);

-- What the expiry of unpaid orders reads once a second, and no more.
CREATE INDEX "customer_order_unpaid" ON "customer_order"("payment_due_at") WHERE "status" = 'PENDING_PAYMENT';

-- Ledgers and histories are only ever added to.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER "stock_movement_append_only" BEFORE UPDATE OR DELETE ON "stock_movement"
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "order_history_entry_append_only" BEFORE UPDATE OR DELETE ON "order_history_entry"
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "order_line_append_only" BEFORE UPDATE OR DELETE ON "order_line"
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "wallet_entry_append_only" BEFORE UPDATE OR DELETE ON "wallet_entry"
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Servers tell subscribers of changed orders. Not of new ones: nobody can follow an order before it is there, and
-- commits that notify wait for each other, which placing orders must not.
CREATE FUNCTION notify_order_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('order_changed', NEW."id"::text);
  RETURN NULL;
END
$$;
CREATE TRIGGER "customer_order_notifies" AFTER UPDATE ON "customer_order"
  FOR EACH ROW EXECUTE FUNCTION notify_order_changed();

-- CreateTable
CREATE TABLE "priced_product" (
    "sku" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "is_listed" BOOLEAN NOT NULL,
    "kind" TEXT NOT NULL,
    "metal" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "fineness" DECIMAL(7,4) NOT NULL,
    "fine_weight_grams" DECIMAL(20,7) NOT NULL,

    CONSTRAINT "priced_product_pkey" PRIMARY KEY ("sku")
);

-- CreateTable
CREATE TABLE "pricing_rule" (
    "id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "priority" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "conditions" JSONB NOT NULL,
    "effect" JSONB NOT NULL,
    "valid_from" TIMESTAMPTZ(3),
    "valid_to" TIMESTAMPTZ(3),

    CONSTRAINT "pricing_rule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "inbox_event" (
    "event_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "handled_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_event_pkey" PRIMARY KEY ("event_id")
);

-- CreateIndex
CREATE INDEX "pricing_rule_status_idx" ON "pricing_rule"("status");

-- CreateIndex
CREATE UNIQUE INDEX "pricing_rule_code_version_key" ON "pricing_rule"("code", "version");

-- By hand: what Prisma cannot express.
-- At most one version of a rule is in force.
CREATE UNIQUE INDEX "pricing_rule_one_active_version" ON "pricing_rule"("code") WHERE "status" = 'ACTIVE';

-- Whoever changes what prices are made of, every server reads it again: the notification belongs to the change.
CREATE FUNCTION notify_price_book() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('price_book', TG_TABLE_NAME);
  RETURN NULL;
END
$$;
CREATE TRIGGER "priced_product_notifies" AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "priced_product"
  FOR EACH STATEMENT EXECUTE FUNCTION notify_price_book();
CREATE TRIGGER "pricing_rule_notifies" AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON "pricing_rule"
  FOR EACH STATEMENT EXECUTE FUNCTION notify_price_book();

"""PostgreSQL: engine, tables, migrations, encryption at rest."""

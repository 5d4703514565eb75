package dev.sixgate.certs;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.sixgate.certs", importOptions = ImportOption.DoNotIncludeTests.class)
class CertsArchitectureTest {
    @ArchTest
    static final ArchRule nothing_else_of_ours_is_used = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.sixgate.mesh..", "dev.sixgate.edge..")
            .because("certs stands alone; hand it values instead");

    @ArchTest
    static final ArchRule the_store_does_not_know_where_certificates_come_from = noClasses()
            .that()
            .resideInAPackage("dev.sixgate.certs")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..certs.pem..", "..certs.ca..")
            .because("sources yield KeyAndChain; the store only finds");
}
